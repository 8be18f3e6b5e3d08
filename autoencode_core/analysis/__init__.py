"""What a trained run is asked afterwards."""
