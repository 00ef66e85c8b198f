namespace Media.Engine.Quality;

/// <summary>
/// The fate of audio that did not come in order and in time. A closed set: the `outcome` of `gateway_media_playout_packets`.
/// </summary>
internal enum PlayoutOutcome
{
    /// <summary>Not there when its turn came: it was waited for as long as the policy allows.</summary>
    Lost,

    /// <summary>Came after its loss was reported; dropped.</summary>
    Late,

    /// <summary>Replaced by sound that the decoder made up.</summary>
    Concealed,

    /// <summary>Restored from the copy in the next packet (in-band FEC).</summary>
    Recovered,

    /// <summary>Came in order and was not played: its place on the time line was taken, or the delay had grown too long.</summary>
    Discarded,
}
