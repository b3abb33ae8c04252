#!/bin/bash
# A sweep: each task of the array is one experiment, in its own clone, with one GPU:
#   HUB=git@host:you/ganlib.git SHARED=/scratch/you sbatch docs/slurm/sweep.sh
#   dvc exp pull --no-cache <remote> --all-commits; dvc exp show     # afterwards, in your checkout
# HUB is a repository that every node can push to, and $SHARED/dvc-cache is DVC's cache with the faces and the real pictures' features,
# so that no task computes them. RATES, SEEDS and REPORT are optional; the array needs a task for each pair of rate and seed.
#SBATCH --job-name=ganlib-sweep
#SBATCH --array=0-5 --gpus=1 --cpus-per-task=8 --time=24:00:00
#SBATCH --signal=TERM@120 --requeue --open-mode=append
set -e
read -ra rates <<< "${RATES:-5e-5 1e-4 2e-4}"
read -ra seeds <<< "${SEEDS:-1 2}"
rate=${rates[SLURM_ARRAY_TASK_ID % ${#rates[@]}]}
seed=${seeds[SLURM_ARRAY_TASK_ID / ${#rates[@]}]}
report=${REPORT:-dcgan64}
name="$report-lr$rate-seed$seed"    # without a name, two tasks may draw the same

[ -d .venv ] && source .venv/bin/activate
work="$SHARED/ganlib-$SLURM_ARRAY_JOB_ID/$name"
[ -d "$work" ] || git clone -q "$HUB" "$work"    # exists if the task was requeued
cd "$work"
dvc config --local cache.dir "$SHARED/dvc-cache"
mkdir -p "$SHARED/checkpoints" && ln -sfn "$SHARED/checkpoints" .checkpoints    # a requeued task resumes on any node
dvc exp run -q -n "$name" "evaluate@$report" -S "lr_d=$rate" -S "seed=$seed"
dvc exp push -q --no-cache origin "$name"        # the outputs are in the shared cache
