namespace Media.Engine;

/// <summary>The Opus codec that calls are given.</summary>
public enum OpusImplementation
{
    /// <summary>libopus where it can be used, else the managed one.</summary>
    Auto,

    /// <summary>libopus, or no start.</summary>
    Native,

    /// <summary>Concentus: C# alone, at half as much CPU again and with 30 kB allocated a packet.</summary>
    Managed,
}
