"""The record of the service itself: the models in charge, and who asked what about whom."""

from features.errors import NotReadyError
from serving.api.routes import log as read_log
from serving.api.routes import model
from serving.portal.visit import Visit
from serving.schemas import OfLog, OfModel
from training.config import OUTCOMES

__all__ = ["log", "models"]


def models(visit: Visit) -> str:
    """The model in charge of each outcome, and how it did on months that it had not seen."""
    found, missing = [], []
    for outcome in OUTCOMES:
        try:
            found.append(visit.read(model(visit.desk, visit.who, OfModel(outcome=outcome))))
        except NotReadyError as error:
            missing.append(str(error))
    return visit.page("models.html", models=found, missing=missing)


def log(visit: Visit) -> str:
    """The log of accesses, a page at a time; it names people by pseudonym."""
    asked = OfLog.model_validate({"after": visit.given.get("after") or 0})
    return visit.page("log.html", **visit.read(read_log(visit.desk, visit.who, asked)), after=asked.after)
