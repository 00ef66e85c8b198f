namespace Media.Engine;

/// <summary>The part of a list of clips that is played again when its end is reached.</summary>
public enum AudioRepeat
{
    /// <summary>Nothing: the end is <see cref="MediaEvent.PlayEnded"/>.</summary>
    None,

    /// <summary>The last clip, for as long as nothing else is played.</summary>
    Last,

    /// <summary>The whole list.</summary>
    All,
}
