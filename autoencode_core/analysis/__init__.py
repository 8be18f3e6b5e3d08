"""Analysis: questions about a trained run, answered in the shapes that questions/ declares.

Every function takes the run first and, last, `report`: called with the share of the work done and words
for a person; what it raises ends the computation. An entry "note" says what a person must know of an
answer that is not all that was asked for, and "left_out" counts particles that are not finite numbers.
"""

from autoencode_core.analysis.columns import column_errors as column_errors
from autoencode_core.analysis.control.along import along as along
from autoencode_core.analysis.control.along import hamiltonian as hamiltonian
from autoencode_core.analysis.control.component import component as component
from autoencode_core.analysis.control.component import component_horizons as component_horizons
from autoencode_core.analysis.control.costates import costates as costates
from autoencode_core.analysis.control.iteration import iteration as iteration
from autoencode_core.analysis.control.maximality import local_maximality as local_maximality
from autoencode_core.analysis.control.maximality import local_maximality_residual as local_maximality_residual
from autoencode_core.analysis.control.maximality import maximality as maximality
from autoencode_core.analysis.control.maximality import maximality_path as maximality_path
from autoencode_core.analysis.control.maximality import maximality_residual as maximality_residual
from autoencode_core.analysis.control.methods import methods as methods
from autoencode_core.analysis.fidelity import ode_difference as ode_difference
from autoencode_core.analysis.flow.field import field_grid as field_grid
from autoencode_core.analysis.flow.field import velocity as velocity
from autoencode_core.analysis.flow.law import law as law
from autoencode_core.analysis.flow.trajectories import trajectories as trajectories
from autoencode_core.analysis.latent.codes import activity as activity
from autoencode_core.analysis.latent.codes import embedding as embedding
from autoencode_core.analysis.latent.codes import neighbours as neighbours
from autoencode_core.analysis.latent.decode import decode as decode
from autoencode_core.analysis.latent.decode import decoded_grid as decoded_grid
from autoencode_core.analysis.latent.decode import walk as walk
from autoencode_core.analysis.latent.rows import new_rows as new_rows
from autoencode_core.analysis.latent.rows import own_rows as own_rows
from autoencode_core.analysis.lessons.remembering import remembering as remembering
from autoencode_core.analysis.lessons.scatter import scatter as scatter
from autoencode_core.analysis.mean_field.density import density as density
from autoencode_core.analysis.mean_field.doubled import doubled as doubled
from autoencode_core.analysis.mean_field.particles import particles as particles
from autoencode_core.analysis.mean_field.push import push as push
from autoencode_core.analysis.ode_limit.depth import depth as depth
from autoencode_core.analysis.ode_limit.geometry import geometry as geometry
from autoencode_core.analysis.ode_limit.steps import observed_order as observed_order
from autoencode_core.analysis.ode_limit.steps import steps as steps
from autoencode_core.analysis.regimes.convexity import curvature as curvature
from autoencode_core.analysis.regimes.convexity import curvature_path as curvature_path
from autoencode_core.analysis.regimes.convexity import curvatures as curvatures
from autoencode_core.analysis.regimes.convexity import flat_direction as flat_direction
from autoencode_core.analysis.regimes.convexity import smallest_curvature as smallest_curvature
from autoencode_core.analysis.regimes.convexity_depths import curvature_depths as curvature_depths
from autoencode_core.analysis.regimes.landscape import line as line
from autoencode_core.analysis.regimes.landscape import plane as plane
