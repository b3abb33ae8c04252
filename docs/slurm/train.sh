#!/bin/bash
# Train one report on the GPUs of several nodes; run it in the checkout, on a file system that all of them share:
#   sbatch docs/slurm/train.sh dcgan112
# At the time limit the run saves and resumes in the next allocation, until it is complete.
#SBATCH --job-name=ganlib
#SBATCH --nodes=2 --ntasks-per-node=4 --gpus-per-node=4 --cpus-per-task=8 --time=12:00:00
#SBATCH --signal=TERM@120 --requeue --open-mode=append
[ -d .venv ] && source .venv/bin/activate
export GANLIB_LAUNCH='srun --kill-on-bad-exit=1'    # for the training only: dvc runs once, here
dvc repro "train@$1" && exit

# Requeue only at the time limit. SLURM may send its signal up to a minute earlier than 120 seconds.
end=$(date -d "$(squeue -h -j "$SLURM_JOB_ID" -o %e)" +%s)
((end - $(date +%s) <= 180)) && scontrol requeue "$SLURM_JOB_ID"
