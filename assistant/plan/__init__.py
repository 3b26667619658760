"""Study plans: the path through the prerequisites, its steps with reasons and hours, the picture, the calendar."""
