"""What the page Mean field asks about runs, and what it is told."""

from autoencode_core.questions.question import Answer, Question

PARTICLES: Question[Answer] = Question("particles", "autoencode_core.analysis.mean_field.particles:particles")
DENSITY: Question[Answer] = Question("density", "autoencode_core.analysis.mean_field.density:density")
DOUBLED: Question[Answer] = Question("doubled", "autoencode_core.analysis.mean_field.doubled:doubled")
PUSH: Question[Answer] = Question("push", "autoencode_core.analysis.mean_field.push:push")
