"""A robot that a person drives: the environment core in real time, and a page to steer, push and change it.

`session.py` and what it imports step the robot and know nothing of the page; `page/` draws it with viser.
"""
