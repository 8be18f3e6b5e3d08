"""What any page asks about a run, and what it is told."""

from autoencode_core.questions.question import Answer, Question

COLUMN_ERRORS: Question[Answer] = Question("column_errors", "autoencode_core.analysis.columns:column_errors")
EXPORT: Question[Answer] = Question("export", "autoencode_core.export.run:export", wants="record")
