"""What is kept of the engine's many words when an update fails."""

from cli.failures import explained

FAILED = """
Diagnostics:
  pulumi:pulumi:Stack (manpasik-local):
    error: update failed
    Traceback (most recent call last):
      File "somewhere.py", line 244, in <module>
        executor.shutdown(wait=True)
    KeyboardInterrupt
  kubernetes:apps/v1:Deployment (shop-service-deployment):
    error: 3 errors occurred:
      * the Kubernetes API server reported that "manpasik/shop-service" timed out
"""


def test_errors_and_their_resources_are_kept_and_tracebacks_are_not():
    told = str(explained(FAILED, "local"))
    assert "kubernetes:apps/v1:Deployment (shop-service-deployment):" in told
    assert "* the Kubernetes API server reported" in told
    assert "Traceback" not in told
    assert "KeyboardInterrupt" not in told


def test_words_without_an_error_are_kept_from_their_end():
    assert str(explained("first\nlast words", "dev")).endswith("first\n  last words")


def test_an_object_that_exists_comes_with_the_way_out():
    assert "--adopt" in str(explained('error: services "auth-service" already exists', "dev"))
