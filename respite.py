"""The `respite` command: mounts the commands of features, training and serving."""

import sys

import typer

from features.commands import app as features_app
from features.errors import RespiteError
from serving.commands import app as serving_app
from training.commands import app as training_app

__all__ = ["app", "main"]

app = typer.Typer(
    name="respite",
    help="Who in a customer-service organization needs support, why, and whether the support helped.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(features_app)
app.add_typer(training_app)
app.add_typer(serving_app)


def main() -> None:
    """Run a command; what Respite refuses ends with one sentence and exit code 2."""
    try:
        app()
    except RespiteError as error:
        print(f"respite: {error}", file=sys.stderr)  # noqa: T201 - the one sentence
        raise SystemExit(2) from error


if __name__ == "__main__":
    main()
