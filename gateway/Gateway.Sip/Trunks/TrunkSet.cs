using Gateway.Sip.Transactions;

namespace Gateway.Sip.Trunks;

/// <summary>
/// The trunks of an endpoint: those in force, and those that a new configuration has replaced while calls still run over them. Changed on
/// the endpoint's loop, read from any thread: both lists are replaced whole.
/// </summary>
public sealed class TrunkSet(IReadOnlyList<Trunk> trunks)
{
    private volatile IReadOnlyList<Trunk> _current = trunks;
    private volatile IReadOnlyList<Trunk> _replaced = [];

    /// <summary>Those that new calls come from and go to.</summary>
    public IReadOnlyList<Trunk> Current => _current;

    public bool HasReplaced => _replaced.Count > 0;

    /// <summary>The trunk that a new call by this path belongs to; null: none.</summary>
    public Trunk? Of(SipFlow source) => Trunk.Of(source, _current);

    /// <summary>The trunk whose peer sends by this path, one that only calls in progress still use included; null: none.</summary>
    public Trunk? OfAny(SipFlow source) => Of(source) ?? Trunk.Of(source, _replaced);

    /// <summary>The trunk of this name: the one in force, else the one that calls in progress still use. Null: there is none.</summary>
    public Trunk? Find(string name) => Named(_current, name) ?? Named(_replaced, name);

    /// <summary>Puts other trunks in force; those that are not among them stay for the calls that they have.</summary>
    public void Replace(IReadOnlyList<Trunk> trunks) => (_replaced, _current) = ([.. _replaced, .. _current.Except(trunks)], trunks);

    /// <summary>Forgets the replaced trunks that are not in use.</summary>
    public void Release(Func<Trunk, bool> isUsed) => _replaced = [.. _replaced.Where(isUsed)];

    private static Trunk? Named(IReadOnlyList<Trunk> trunks, string name) => trunks.LastOrDefault(trunk => trunk.Options.Name == name);
}
