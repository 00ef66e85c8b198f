namespace Media.Engine;

/// <summary>The reason why a recording ended. A closed set: operators and metrics see these names.</summary>
public enum RecordingEnd
{
    /// <summary>Its owner ended it, or began another.</summary>
    Stopped,

    /// <summary><see cref="AudioRecordingOptions.MaxLength"/>.</summary>
    Length,

    /// <summary><see cref="AudioRecordingOptions.EndSilence"/>.</summary>
    Silence,

    /// <summary>One of <see cref="AudioRecordingOptions.EndKeys"/>.</summary>
    Key,

    /// <summary>The call, or this leg of it, is over.</summary>
    CallEnded,

    /// <summary>The file took the audio more slowly than it came; what fits is in it.</summary>
    WriterTooSlow,

    /// <summary>The file could not be written: a full disk as a rule. What was written before is in it.</summary>
    WriterFailed,
}
