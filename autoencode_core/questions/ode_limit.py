"""What the page ODE limit asks about runs, and what it is told."""

from autoencode_core.questions.question import Answer, Question

STEPS: Question[Answer] = Question("steps", "autoencode_core.analysis.ode_limit.steps:steps")
GEOMETRY: Question[Answer] = Question("geometry", "autoencode_core.analysis.ode_limit.geometry:geometry")
DEPTH: Question[Answer] = Question("depth", "autoencode_core.analysis.ode_limit.depth:depth")
