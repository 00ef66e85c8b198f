namespace Media.Protocols.Sdp;

/// <summary>One <c>a=</c> line (RFC 8866 §5.13): <c>a=name</c> (no value) or <c>a=name:value</c>.</summary>
public readonly record struct SdpAttribute(string Name, string? Value = null)
{
    /// <summary>Attribute names are case-sensitive by the RFC but not in practice.</summary>
    public bool Is(string name) => string.Equals(Name, name, StringComparison.OrdinalIgnoreCase);

    public override string ToString() => Value is null ? Name : $"{Name}:{Value}";
}
