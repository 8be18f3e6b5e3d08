"""What to cite for a run or a study: the paper, this program, and the methods in use, as BibTeX."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import autoencode_core
from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.store.record import RunRecord
from autoencode_core.store.study import Study

if TYPE_CHECKING:
    from autoencode_core.training.run import Run


@dataclass(frozen=True)
class _Used:
    """What is cited about a run or a study: its spec, and what more was done."""

    spec: RunSpec
    chosen: bool = False
    curved: bool = False


class Bibliography(str):
    """Entries of BibTeX, one after the other, which a notebook shows as they are."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


@dataclass(frozen=True)
class Reference:
    """One source.

    Attributes:
        kind: of the entry: article, book, inproceedings, misc, software.
        what: what it is cited for, in a few words.
        used: whether something of the kind was used.
        fields: of the entry, author to doi.
    """

    kind: str
    what: str
    used: Callable[[_Used], bool]
    fields: Mapping[str, str]

    def bibtex(self, key: str) -> str:
        """The entry, below a comment that says what it is cited for."""
        lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in self.fields.items())
        return f"% {self.what}\n@{self.kind}{{{key},\n{lines}\n}}\n"


def cite(what: "Run | RunRecord | RunSpec | Study") -> Bibliography:
    """What to cite for a run, a spec or a study, as BibTeX.

    Args:
        what: the run as trained or as stored, its spec, or a study.

    Returns:
        Text; a notebook shows it, print prints it.

    Raises:
        InputError: it is none of these.
    """
    used = _used(what)
    return Bibliography("\n".join(found.bibtex(key) for key, found in REFERENCES.items() if found.used(used)))


def _used(what: Any) -> _Used:
    if isinstance(what, RunSpec):
        return _Used(what, what.tikhonov == "auto")
    if isinstance(what, Study):
        return _Used(what.spec, curved=any(each.curvature is not None for each in what.outcomes))
    spec = getattr(what, "spec", None)
    if not isinstance(spec, RunSpec):
        raise InputError("run", type(what).__name__, "a run, its record, its spec, or a study")
    return _Used(spec, getattr(what, "choice", None) is not None)


def _method(*names: str) -> Callable[[_Used], bool]:
    return lambda used: used.spec.method in names


def _scheme(name: str) -> Callable[[_Used], bool]:
    return lambda used: used.spec.scheme == name


def _data(*names: str) -> Callable[[_Used], bool]:
    return lambda used: used.spec.dataset in names


def _always(used: _Used) -> bool:
    return True


REFERENCES: Mapping[str, Reference] = {
    "cipriani2024autoencodes": Reference(
        "article",
        "The model, its mean-field limit and its optimality conditions",
        _always,
        {
            "author": "Cipriani, Cristina and Fornasier, Massimo and Scagliotti, Alessandro",
            "title": "From {NeurODEs} to {AutoencODEs}: a mean-field control framework for width-varying "
            "neural networks",
            "journal": "European Journal of Applied Mathematics",
            "year": "2024",
            "doi": "10.1017/s0956792524000032",
            "eprint": "2307.02279",
            "archiveprefix": "arXiv",
        },
    ),
    "autoencodelab": Reference(
        "software",
        "The program",
        _always,
        {
            "author": "{AutoencODE Lab contributors}",
            "title": "{AutoencODE Lab}",
            "version": autoencode_core.__version__,
            "year": "2026",
        },
    ),
    "bonnet2023measure": Reference(
        "article",
        "The maximum principle for the law of the particles, and the shooting scheme (pmp)",
        _method("pmp"),
        {
            "author": "Bonnet, Beno{\\^i}t and Cipriani, Cristina and Fornasier, Massimo and Huang, Hui",
            "title": "A measure theoretical approach to the mean-field maximum principle for training "
            "{NeurODEs}",
            "journal": "Nonlinear Analysis",
            "year": "2023",
            "eprint": "2107.08707",
            "archiveprefix": "arXiv",
        },
    ),
    "li2018maximum": Reference(
        "article",
        "The method of successive approximations, which pmp makes monotone",
        _method("pmp"),
        {
            "author": "Li, Qianxiao and Chen, Long and Tai, Cheng and E, Weinan",
            "title": "Maximum principle based algorithms for deep learning",
            "journal": "Journal of Machine Learning Research",
            "volume": "18",
            "number": "165",
            "pages": "1--29",
            "year": "2018",
        },
    ),
    "kingma2015adam": Reference(
        "inproceedings",
        "Adam",
        _method("adam"),
        {
            "author": "Kingma, Diederik P. and Ba, Jimmy",
            "title": "Adam: a method for stochastic optimization",
            "booktitle": "International Conference on Learning Representations",
            "year": "2015",
            "eprint": "1412.6980",
            "archiveprefix": "arXiv",
        },
    ),
    "smith2019super": Reference(
        "misc",
        "The one-cycle schedule of Adam's step",
        _method("adam"),
        {
            "author": "Smith, Leslie N. and Topin, Nicholay",
            "title": "Super-convergence: very fast training of neural networks using large learning rates",
            "year": "2017",
            "eprint": "1708.07120",
            "archiveprefix": "arXiv",
        },
    ),
    "liu1989limited": Reference(
        "article",
        "L-BFGS",
        _method("lbfgs"),
        {
            "author": "Liu, Dong C. and Nocedal, Jorge",
            "title": "On the limited memory {BFGS} method for large scale optimization",
            "journal": "Mathematical Programming",
            "volume": "45",
            "pages": "503--528",
            "year": "1989",
            "doi": "10.1007/BF01589116",
        },
    ),
    "byrd1994representations": Reference(
        "article",
        "The compact form of its quasi-Newton matrix",
        _method("lbfgs"),
        {
            "author": "Byrd, Richard H. and Nocedal, Jorge and Schnabel, Robert B.",
            "title": "Representations of quasi-{Newton} matrices and their use in limited memory methods",
            "journal": "Mathematical Programming",
            "volume": "63",
            "pages": "129--156",
            "year": "1994",
            "doi": "10.1007/BF01582063",
        },
    ),
    "nocedal2006numerical": Reference(
        "book",
        "The strong Wolfe line search (section 3.5)",
        _method("lbfgs"),
        {
            "author": "Nocedal, Jorge and Wright, Stephen J.",
            "title": "Numerical Optimization",
            "publisher": "Springer",
            "edition": "2",
            "year": "2006",
            "doi": "10.1007/978-0-387-40065-5",
        },
    ),
    "hairer1993solving": Reference(
        "book",
        "The Runge-Kutta scheme of the flow (chapter II)",
        lambda used: not _scheme("euler")(used),
        {
            "author": "Hairer, Ernst and N{\\o}rsett, Syvert P. and Wanner, Gerhard",
            "title": "Solving Ordinary Differential Equations {I}: Nonstiff Problems",
            "publisher": "Springer",
            "edition": "2",
            "year": "1993",
            "doi": "10.1007/978-3-540-78862-1",
        },
    ),
    "kutta1901beitrag": Reference(
        "article",
        "The classical scheme of order 4 (rk4)",
        _scheme("rk4"),
        {
            "author": "Kutta, Wilhelm",
            "title": 'Beitrag zur n{\\"a}herungsweisen Integration totaler Differentialgleichungen',
            "journal": 'Zeitschrift f{\\"u}r Mathematik und Physik',
            "volume": "46",
            "pages": "435--453",
            "year": "1901",
        },
    ),
    "breiman1984classification": Reference(
        "book",
        "The rule of one standard error, by which the data chose the Tikhonov weight",
        lambda used: used.chosen,
        {
            "author": "Breiman, Leo and Friedman, Jerome H. and Olshen, Richard A. and Stone, Charles J.",
            "title": "Classification and Regression Trees",
            "publisher": "Wadsworth",
            "year": "1984",
        },
    ),
    "parlett1998symmetric": Reference(
        "book",
        "The Lanczos process, which finds the smallest curvature",
        lambda used: used.curved,
        {
            "author": "Parlett, Beresford N.",
            "title": "The Symmetric Eigenvalue Problem",
            "publisher": "SIAM",
            "year": "1998",
            "doi": "10.1137/1.9781611971163",
        },
    ),
    "bonneel2015sliced": Reference(
        "article",
        "The sliced Wasserstein distance, if you report figures of the page Mean field",
        _always,
        {
            "author": "Bonneel, Nicolas and Rabin, Julien and Peyr{\\'e}, Gabriel and Pfister, Hanspeter",
            "title": "Sliced and {Radon} {Wasserstein} barycenters of measures",
            "journal": "Journal of Mathematical Imaging and Vision",
            "volume": "51",
            "pages": "22--45",
            "year": "2015",
            "doi": "10.1007/s10851-014-0506-3",
        },
    ),
    "lecun1998gradient": Reference(
        "article",
        "The images of MNIST",
        _data("mnist"),
        {
            "author": "LeCun, Yann and Bottou, L{\\'e}on and Bengio, Yoshua and Haffner, Patrick",
            "title": "Gradient-based learning applied to document recognition",
            "journal": "Proceedings of the IEEE",
            "volume": "86",
            "number": "11",
            "pages": "2278--2324",
            "year": "1998",
            "doi": "10.1109/5.726791",
        },
    ),
    "alpaydin1998optical": Reference(
        "misc",
        "The images of digits",
        _data("digits"),
        {
            "author": "Alpaydin, E. and Kaynak, C.",
            "title": "Optical Recognition of Handwritten Digits",
            "howpublished": "UCI Machine Learning Repository",
            "year": "1998",
            "doi": "10.24432/C50P49",
        },
    ),
}
"""All sources by their keys, in the order in which they are cited."""
