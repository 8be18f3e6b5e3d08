"""What the page Latent asks about runs, and what it is told."""

from autoencode_core.questions.question import Answer, Question

DECODE: Question[Answer] = Question("decode", "autoencode_core.analysis.latent.decode:decode")
DECODED_GRID: Question[Answer] = Question(
    "decoded_grid", "autoencode_core.analysis.latent.decode:decoded_grid"
)
WALK: Question[Answer] = Question("walk", "autoencode_core.analysis.latent.decode:walk")
EMBEDDING: Question[Answer] = Question("embedding", "autoencode_core.analysis.latent.codes:embedding")
ACTIVITY: Question[Answer] = Question("activity", "autoencode_core.analysis.latent.codes:activity")
NEIGHBOURS: Question[Answer] = Question("neighbours", "autoencode_core.analysis.latent.codes:neighbours")
OWN_ROWS: Question[Answer] = Question("own_rows", "autoencode_core.analysis.latent.rows:own_rows")
NEW_ROWS: Question[Answer] = Question("new_rows", "autoencode_core.analysis.latent.rows:new_rows")
