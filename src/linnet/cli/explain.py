"""`linnet explain RUN IMAGE...`: what a rung looks at in pictures."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from linnet.errors import UsageError


def explain(
    run: Path,
    /,
    *images: str,
    rung: str | None = None,
    target: str | None = None,
    methods: Annotated[tuple[str, ...], Parameter(name="--with", negative=(), consume_multiple=False)] = (),
    sanity: Annotated[bool, Parameter(negative=())] = False,
    out: Path | None = None,
    seed: int = 0,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Show what a rung of a run looks at in some pictures: maps of what speaks for a class, and pictures like them.

    Args:
        run: A run folder.
        images: Picture files, folders of them, and ids of pictures in the run's data (the first column of
            manifest.csv).
        rung: Which rung; the best one of the leaderboard if not given.
        target: The name of the class to explain; what the rung predicts for each picture if not given.
        methods: Explainers and visualizations, with commas, such as grad-cam,nearest; settings stand in brackets behind
            the name, as in 'occlusion(window=9),nearest(k=3)'. `linnet list explainers` and `linnet list
            visualizations` name them, `linnet describe NAME` their settings. If not given: the explainer that suits the
            rung, the nearest training pictures, and the activations of a network.
        sanity: Say of each explainer whether its maps depend on what the rung has learned.
        out: The new folder for the page explanations.html and a file for each map; RUN/explanations/1, 2, ... if not
            given.
        seed: Everything random is derived from it.
        json: Print the result as JSON on standard output; progress goes to standard error.
    """
    from linnet import workbench
    from linnet.cli import show

    if not images:
        raise UsageError("linnet explain wants a RUN and at least one picture: a file, a folder, or an id of its data.")
    with show.progress() as progress:
        found = workbench.explain(
            run,
            images,
            rung=rung,
            target=target,
            methods=methods,
            sanity=sanity,
            out=out,
            seed=seed,
            progress=progress,
        )
    show.explanation(found, as_json=json)
