"""Agents as functions on AWS Lambda: ``LambdaAgent`` is one of them as an Agent here.

Needs the extra ``aws``; a run that calls them counts its budget in a ledger.
"""

from batuta.runtimes.aws_lambda.agent import LambdaAccess, LambdaAgent
from batuta.runtimes.aws_lambda.functions import Functions, Reach
from batuta.runtimes.aws_lambda.runtime import LambdaRuntime
from batuta.runtimes.aws_lambda.working import Working

__all__ = ["Functions", "LambdaAccess", "LambdaAgent", "LambdaRuntime", "Reach", "Working"]
