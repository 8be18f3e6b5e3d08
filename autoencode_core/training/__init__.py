"""Training as optimal control: cost, costate gradient, and the methods pmp, adam and lbfgs."""
