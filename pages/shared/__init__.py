"""What pages share: set-up, knobs, live pictures of a training run."""
