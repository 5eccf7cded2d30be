"""Whether it is the robot, the task, the trainer or the measurement: `python -m wildrobot.evaluation.diagnose`.

`evidence/` measures, `examinations/` are pure functions of what was measured, `verdict.py` ranks what they found.
"""
