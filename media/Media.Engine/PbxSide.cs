namespace Media.Engine;

/// <summary>The pbx legs that a call may have at once: one, and beside it that of somebody whom its agent consults.</summary>
public enum PbxSide : byte
{
    /// <summary>The call's, to begin with.</summary>
    First,

    Second,
}
