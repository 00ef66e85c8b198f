namespace Media.Protocols.Primitives;

/// <summary>A member of a closed set as logs show it: by its <see cref="WireName"/>, made only where the line is written.</summary>
public readonly record struct WireText<T>(T Member) where T : struct, Enum
{
    public static implicit operator WireText<T>(T member) => new(member);

    public override string ToString() => WireName.Of(Member);
}
