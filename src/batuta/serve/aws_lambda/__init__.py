"""The door on AWS Lambda: ``handler`` is the entry that a function is configured with."""

from batuta.serve.aws_lambda.entry import handler

__all__ = ["handler"]
