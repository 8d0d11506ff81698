"""The course in a class: assignments that nbgrader hands out and marks, and the instructor's sheet."""
