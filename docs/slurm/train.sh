#!/bin/bash
# Train one report on the GPUs of several nodes, from the checkout's own folder, which all of them see:
#   sbatch docs/slurm/train.sh dcgan112
# A time limit saves and goes on in the next allocation, until the run is complete.
#SBATCH --job-name=ganlib
#SBATCH --nodes=2 --ntasks-per-node=4 --gpus-per-node=4 --cpus-per-task=8 --time=12:00:00
#SBATCH --signal=TERM@120 --requeue --open-mode=append
[ -d .venv ] && source .venv/bin/activate
export GANLIB_LAUNCH='srun --kill-on-bad-exit=1'    # of the training alone: dvc runs once, here
dvc repro "train@$1" && exit

# Only the limit is a reason to go on by itself. SLURM may send its signal a minute before the 120 seconds.
end=$(date -d "$(squeue -h -j "$SLURM_JOB_ID" -o %e)" +%s)
((end - $(date +%s) <= 180)) && scontrol requeue "$SLURM_JOB_ID"
