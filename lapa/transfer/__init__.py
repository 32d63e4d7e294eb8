"""What carries over from robot to robot."""
