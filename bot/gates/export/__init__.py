"""What gate 6 checks: the class map, the exported files read back, and the team's own CI."""
