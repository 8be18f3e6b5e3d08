"""The width-varying flow: active sets, controlled fields, control, solvers, AutoencODE."""
