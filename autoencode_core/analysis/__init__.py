"""Analysis: questions about a trained run, answered with dicts of NumPy arrays.

Every function takes the run first and, last, `report`: called with the share of the work done and words
for a person; what it raises ends the computation. An entry "note" says what a person must know of an
answer that is not all that was asked for, and "left_out" counts particles that are not finite numbers.
"""

from autoencode_core.analysis.codes import activity as activity
from autoencode_core.analysis.codes import embedding as embedding
from autoencode_core.analysis.codes import neighbours as neighbours
from autoencode_core.analysis.columns import column_errors as column_errors
from autoencode_core.analysis.component_choice import component_choice as component_choice
from autoencode_core.analysis.component_choice import component_horizons as component_horizons
from autoencode_core.analysis.convexity import curvature as curvature
from autoencode_core.analysis.convexity import curvature_path as curvature_path
from autoencode_core.analysis.convexity import curvatures as curvatures
from autoencode_core.analysis.convexity import flat_direction as flat_direction
from autoencode_core.analysis.convexity import smallest_curvature as smallest_curvature
from autoencode_core.analysis.curvature_depths import curvature_depths as curvature_depths
from autoencode_core.analysis.deepening import deeper as deeper
from autoencode_core.analysis.density import density as density
from autoencode_core.analysis.fidelity import ode_difference as ode_difference
from autoencode_core.analysis.field import field_grid as field_grid
from autoencode_core.analysis.field import velocity as velocity
from autoencode_core.analysis.jacobian import geometry as geometry
from autoencode_core.analysis.landscape import line as line
from autoencode_core.analysis.landscape import plane as plane
from autoencode_core.analysis.latent import decode_path as decode_path
from autoencode_core.analysis.latent import sheet as sheet
from autoencode_core.analysis.latent import walk as walk
from autoencode_core.analysis.maximality import local_maximality as local_maximality
from autoencode_core.analysis.maximality import local_maximality_residual as local_maximality_residual
from autoencode_core.analysis.maximality import maximality as maximality
from autoencode_core.analysis.maximality import maximality_path as maximality_path
from autoencode_core.analysis.maximality import maximality_residual as maximality_residual
from autoencode_core.analysis.maximum_principle import control_strip as control_strip
from autoencode_core.analysis.maximum_principle import costates as costates
from autoencode_core.analysis.maximum_principle import hamiltonian as hamiltonian
from autoencode_core.analysis.meanfield import doubled as doubled
from autoencode_core.analysis.meanfield import mass as mass
from autoencode_core.analysis.meanfield import push_forward as push_forward
from autoencode_core.analysis.particle_sweep import particle_sweep as particle_sweep
from autoencode_core.analysis.refinement import observed_order as observed_order
from autoencode_core.analysis.refinement import refinement as refinement
from autoencode_core.analysis.rows import new_rows as new_rows
from autoencode_core.analysis.rows import own_rows as own_rows
from autoencode_core.analysis.shooting import pmp_iteration as pmp_iteration
from autoencode_core.analysis.shooting import race as race
from autoencode_core.analysis.trajectories import trajectories as trajectories
