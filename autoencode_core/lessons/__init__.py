"""Lessons: texts with live figures and questions whose answers are computed from the runs that they show.

A lesson is a Markdown file of assets/lessons, NN_word.md: NN is its place, word its name in the link.
Beside it lies NN_word.lecturer.md, a page for the lecturer. The file begins with its front matter, YAML
between two lines of three dashes:

    ---
    title: From ResNet to ODE
    goal: One sentence, what one knows afterwards.
    minutes: 8
    runs: {kept: gallery-ode_limit, left: gallery-residual_network}
    studies: {strip: gallery.regimes}
    ---

`runs` and `studies` give names to ids of the store (a run of a study too: gallery.regimes.003). Then comes
Markdown with $formulas$, in which `{left.ode_difference:%}` stands for a number of a run: a figure of its
summary, a knob of its spec, or `step`, which is T/L; `:%` says it in per cent. Between lines of three
colons stand blocks:

    ::: figure kind=player run=left,kept
    Caption: what to look at.
    :::

    ::: question id=halve kind=number check=steps_at_half_delta run=left min=0 max=100 step=5 unit=% within=10
    What happens? Predict.
    ---
    It is {truth}, you said {guess}.
    ::: figure kind=steps run=left
    The ring is the network.
    :::
    :::

    ::: try page=playground data=s_curve lambda=0.1
    Train it yourself
    :::

Attributes are `name=value`, quoted where the value has spaces. `run` and `study` take names of the front
matter, `run` several with commas.

- A **figure** has a kind of `pictures.PICTURES`; further attributes are that picture's settings.
- A **question** has an id, a kind and a check of `checks.CHECKS`, which computes the truth from the run;
  further attributes are the check's settings. Its prompt and its answer are told apart by a line of three
  dashes; the answer may hold figures, `{truth}`, `{guess}` and the facts of the check by their names.
  Kinds:
  - `number`: a slider from `min` to `max` by `step` (`scale=log`: `step` values a decade), in a `unit`;
    right
    `within=10` (in that unit), `within=20%` (of the truth) or `within=2x` (a factor);
  - `choice`: one of several options, the last lines of the prompt, `- word: what it says`; the check gives
    a word;
  - `mark`: a place on a picture, `picture=KIND`, clicked or set with a slider for each coordinate; right
    `within`
    that distance on the picture's axes.
- **try** opens a page with `run` and whatever else a link may say; the text is what the button says.

`reading.lessons()` reads them all; `case.Case` is what checks and pictures work on.
"""
