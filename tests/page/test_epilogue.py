"""What `ganlib repro` says at its end."""

from ganlib.page import spread
from ganlib.page.epilogue import epilogue
from ganlib.support import paths
from tests.page import workspace


def test_epilogue_lists_the_scores_from_the_best_with_the_range_of_other_trainings(results):
    columns, row = "report,dataset,pictures,scale,samples,seed,kernels,kid,fid,step\n", "dcgan64,toons,,preview,250,1,AVX2,{},200,4000\n"
    (results / spread.FILE).write_text(columns + row.format(0.1) + row.format(0.3) + row.format(0.35), encoding="utf-8")
    workspace.scored("dcgan64", kid=0.35, kid_low=0.3, kid_high=0.4)
    with (paths.outputs("dcgan64").progress / "log.csv").open("a", encoding="utf-8") as log:
        log.write("40,0.5,0.5,0.75,0.25,0.01\n")
    workspace.scored("dcgan56", kid=0.05, kid_low=0.04, kid_high=0.06)
    (paths.PAGE / "index.html").parent.mkdir(parents=True, exist_ok=True)
    (paths.PAGE / "index.html").write_text("", encoding="utf-8")
    heading, first, *others, look, keep, again = epilogue()
    assert heading.startswith("KID, lower is better")
    assert first == "  dcgan56   0.050 (0.040 to 0.060)"
    assert others[-1] == "  dcgan64   0.350 (0.300 to 0.400), outside the range of 2 other trainings, 0.100 to 0.300; collapsed"
    assert look == f"look at  {(results / 'page.html').as_uri()}"
    assert "dcgan56" in (results / "page.html").read_text(encoding="utf-8")
    assert "git commit" in keep
    assert "dvc exp run" in again


def test_without_a_page_there_is_no_epilogue(checkout):
    assert list(epilogue()) == []
