"""A model and a client that the tests of a module share."""

import pytest
from helpers.serving import tiny_model

pytest.importorskip("fastapi", reason="the extra [serve] is not installed")


@pytest.fixture(scope="session")
def model(llms, tmp_path_factory):
    return tiny_model(llms["qwen2"], tmp_path_factory.mktemp("serving"))


@pytest.fixture
def serve(model):
    """Starts a service and returns a client of it; takes what makes the application, and the keywords of `Service`."""
    from starlette.testclient import TestClient

    from c2ser.serving.api import create_api
    from c2ser.serving.service import Service

    services = []

    def start(create=create_api, **options) -> TestClient:
        services.append(Service(model, "tiny", **options))
        return TestClient(create(services[-1]), raise_server_exceptions=False)

    yield start
    for service in services:
        service.batcher.close()


@pytest.fixture
def client(serve):
    return serve()
