"""Agents as functions on AWS Lambda: ``LambdaAgent`` is one of them as an Agent here.

Needs the extra ``aws``; a run that calls them counts its budget in a ledger.
"""

from batuta.remote.aws_lambda.agent import LambdaAccess, LambdaAgent
from batuta.remote.aws_lambda.functions import FunctionOptions, Functions
from batuta.remote.aws_lambda.working import Working

__all__ = ["FunctionOptions", "Functions", "LambdaAccess", "LambdaAgent", "Working"]
