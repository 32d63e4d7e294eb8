"""The common sets of Open X-Embodiment: what their files do not say.

RLDS tells no rate, and each set has its own names for camera and action. A set that is not listed
here is read by `lapa.data.readers.rlds` all the same, once somebody says its rate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

# of LAPA (arXiv 2410.11758): between the frames of a pair, for robots
GAP_SECONDS = 0.6
POSE = ("x", "y", "z", "rx", "ry", "rz")
ARM = (*POSE, "gripper")
PARTS = ("action/world_vector", "action/rotation_delta")
CLOSING = (*PARTS, "action/gripper_closedness_action")
OPENING = (*PARTS, "action/open_gripper")
# what the converters of many sets appended to their names
SUFFIXES = ("_converted_externally_to_rlds", "_no_noops")


@dataclass(frozen=True)
class RobotSet:
    """A set of episodes.

    Attributes:
        fps: steps a second. embodiment: the robot.
        camera: the one that sees the scene from outside, where there is one.
        action: features that are one action together.
        names: of its dimensions, empty where they are not known for sure.
        gap_seconds: between the frames of a pair.
    """

    fps: float
    embodiment: str
    camera: str = "image"
    action: tuple[str, ...] = ("action",)
    names: tuple[str, ...] = ()
    gap_seconds: float = GAP_SECONDS


_BRIDGE = RobotSet(5, "widowx", "image_0", names=ARM)
_LIBERO = RobotSet(20, "franka", names=ARM)
SETS = {
    "asu_table_top": RobotSet(12.5, "ur5", names=ARM),
    "austin_buds_dataset": RobotSet(20, "franka", names=ARM),
    "austin_sailor_dataset": RobotSet(20, "franka", names=ARM),
    "austin_sirius_dataset": RobotSet(20, "franka", names=ARM),
    "bc_z": RobotSet(10, "google_robot"),
    "berkeley_autolab_ur5": RobotSet(5, "ur5", action=CLOSING, names=ARM),
    "berkeley_cable_routing": RobotSet(10, "franka", action=PARTS, names=POSE),
    "berkeley_fanuc_manipulation": RobotSet(10, "fanuc_mate", names=POSE),
    "berkeley_mvp": RobotSet(5, "xarm", "hand_image"),
    "berkeley_rpt": RobotSet(30, "franka", "hand_image"),
    "bridge": replace(_BRIDGE, camera="image", action=OPENING),
    "bridge_data_v2": _BRIDGE,
    "bridge_dataset": _BRIDGE,
    "bridge_orig": _BRIDGE,
    "cmu_franka_exploration_dataset": RobotSet(10, "franka", "highres_image"),
    "cmu_play_fusion": RobotSet(5, "franka"),
    "cmu_stretch": RobotSet(10, "hello_stretch"),
    "columbia_cairlab_pusht_real": RobotSet(10, "ur5", action=CLOSING, names=ARM),
    "dlr_edan_shared_control": RobotSet(5, "dlr_edan", names=ARM),
    "dlr_sara_grid_clamp": RobotSet(10, "dlr_sara", names=ARM),
    "dlr_sara_pour": RobotSet(10, "dlr_sara", names=ARM),
    "dobbe": RobotSet(30, "hello_stretch", "wrist_image", names=ARM),
    "droid": RobotSet(15, "franka", "exterior_image_1_left"),
    "fmb": RobotSet(10, "franka", "image_side_1", names=ARM),
    "fractal20220817_data": RobotSet(3, "google_robot", action=CLOSING, names=ARM),
    "furniture_bench_dataset": RobotSet(10, "franka"),
    "iamlab_cmu_pickup_insert": RobotSet(20, "franka"),
    "imperialcollege_sawyer_wrist_cam": RobotSet(10, "sawyer"),
    "jaco_play": RobotSet(
        10, "jaco",
        action=("action/world_vector", "action/gripper_closedness_action"),
        names=("x", "y", "z", "gripper"),
    ),
    "kaist_nonprehensile": RobotSet(10, "franka"),
    "kuka": RobotSet(10, "kuka_iiwa", action=CLOSING, names=ARM),
    "language_table": RobotSet(10, "xarm", "rgb", names=("x", "y")),
    "libero_10": _LIBERO,
    "libero_90": _LIBERO,
    "libero_goal": _LIBERO,
    "libero_object": _LIBERO,
    "libero_spatial": _LIBERO,
    "maniskill_dataset": RobotSet(20, "franka", names=ARM),
    "nyu_door_opening_surprising_effectiveness": RobotSet(
        3, "hello_stretch", action=CLOSING, names=ARM
    ),
    "nyu_franka_play_dataset": RobotSet(3, "franka"),
    "nyu_rot_dataset": RobotSet(3, "xarm", names=ARM),
    "robo_net": RobotSet(1, "several"),
    "roboturk": RobotSet(10, "sawyer", "front_rgb", CLOSING, ARM),
    "stanford_hydra_dataset": RobotSet(10, "franka", names=ARM),
    "stanford_kuka_multimodal_dataset": RobotSet(20, "kuka_iiwa"),
    "stanford_robocook": RobotSet(5, "franka", "image_1", names=ARM),
    "taco_play": RobotSet(15, "franka", "rgb_static", ("action/rel_actions_world",), ARM),
    "tokyo_u_lsmo": RobotSet(10, "cobotta", names=ARM),
    "toto": RobotSet(30, "franka", action=OPENING, names=ARM),
    "ucsd_kitchen_dataset": RobotSet(2, "xarm"),
    "ucsd_pick_and_place_dataset": RobotSet(3, "xarm", names=("x", "y", "z", "gripper")),
    "uiuc_d3field": RobotSet(1, "kinova3", "image_1"),
    "utaustin_mutex": RobotSet(20, "franka", names=ARM),
    "utokyo_pr2_opening_fridge": RobotSet(10, "pr2"),
    "utokyo_pr2_tabletop_manipulation": RobotSet(10, "pr2"),
    "utokyo_xarm_bimanual": RobotSet(10, "xarm_bimanual"),
    "utokyo_xarm_pick_and_place": RobotSet(10, "xarm", names=ARM),
    "viola": RobotSet(20, "franka", "agentview_rgb", CLOSING, ARM),
}  # fmt: skip


def robot_set(name: str) -> RobotSet | None:
    """The set of this name, None if it is not one of the common ones."""
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    return SETS.get(name)
