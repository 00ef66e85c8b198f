namespace Media.Engine.Bridge;

/// <summary>The place where the samples of a recording go. It takes them at once or not at all.</summary>
internal interface IRecordingSink
{
    /// <summary>False: it has no room, or has failed, and takes nothing any more.</summary>
    bool TryWrite(ReadOnlySpan<short> samples);

    /// <summary>No sample follows. Where the sink failed, its own reason stands.</summary>
    void Complete(RecordingEnd reason);
}
