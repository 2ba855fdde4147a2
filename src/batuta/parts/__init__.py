"""What patterns are made of: calling members, counting votes, handing over, judging, finding."""
