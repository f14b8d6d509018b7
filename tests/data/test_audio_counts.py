"""What the log says was done to audio."""

import numpy as np

from c2ser.data.audio_counts import AudioCounts
from c2ser.data.decode import Recording


def test_channels_and_clipping_are_said_with_their_numbers(caplog):
    counts, samples = AudioCounts(), np.full(10, 0.5, np.float32)
    stereo, surround = Recording(samples, 16000, channels=2), Recording(samples, 16000, channels=6, centre=True)
    counts.add({"a-1": Recording(samples, 16000), "a-2": stereo, "a-3": stereo._replace(num_clipped=3)})
    counts.add({"a-4": surround, "a-5": Recording(samples * 0, 16000)})
    counts.report("attributes")
    assert [record.getMessage() for record in caplog.records] == [
        "attributes: 2 utterances have 2 channels, which were averaged",
        "attributes: 1 utterances have 6 channels, of which the centre channel was taken",
        "attributes: 1 utterances have no signal, all samples are 0: a-5",
        "attributes: 1 utterances have samples beyond full scale, which were clipped",
    ]
