"""AWS's SDK: the one place that makes its clients, guards their calls and reads their errors."""
