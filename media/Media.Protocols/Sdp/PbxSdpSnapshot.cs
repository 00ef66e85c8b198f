namespace Media.Protocols.Sdp;

/// <summary>
/// One pbx leg's offer and answer as a value, from which another <see cref="PbxSdp"/> goes on: same session id, lines, payload types and
/// keys, a higher version.
/// </summary>
public sealed record PbxSdpSnapshot
{
    /// <summary>Our part of the last exchange, with the version of our last text; its address means nothing.</summary>
    public required string Description { get; init; }

    /// <summary>The place of the audio among its media lines.</summary>
    public required int AudioLine { get; init; }

    /// <summary>Every payload type that was given a meaning, newest first.</summary>
    public required IReadOnlyList<RtpMap> PayloadTypes { get; init; }

    public required PbxMediaParameters Agreed { get; init; }

    /// <summary>All that is wrong with these values; empty when one can go on from them.</summary>
    public IEnumerable<string> Validate()
    {
        if (!SessionDescription.TryParse(Description, out var sdp, out var error))
            yield return $"Description: {error}.";
        else if (!int.TryParse(sdp.Origin.Version, out _) || sdp.Media.ElementAtOrDefault(AudioLine) is not { IsAudio: true })
            yield return $"Description: no version, or no audio at line {AudioLine}.";
        if (Agreed.WebRtc is not null)
            yield return "Agreed.WebRtc: nobody can go on with the ICE of another.";
        if (Agreed.Srtp is { } keys && (keys.Remote.Count == 0 || !keys.Remote.Append(keys.Local).All(key => key.Fits(keys.Profile))))
            yield return "Agreed.Srtp: keys that do not fit their profile.";
    }
}
