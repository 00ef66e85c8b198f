using System.Net;

namespace Media.Engine;

/// <summary>A local address that media is received on, and the addresses announced to peers.</summary>
public sealed record MediaBinding
{
    /// <summary>IPv4 or IPv6 literal of a local interface. A wildcard needs <see cref="Advertise"/>.</summary>
    public string Bind { get; init; } = "127.0.0.1";

    /// <summary>
    /// The addresses at which peers reach this binding: empty = <see cref="Bind"/> itself. More than one (1:1 NAT and private) become
    /// several ICE candidates.
    /// </summary>
    public IReadOnlyList<string> Advertise { get; init; } = [];

    internal IPAddress BindAddress => IPAddress.Parse(Bind);

    internal IReadOnlyList<IPAddress> AdvertisedAddresses => Advertise.Count == 0 ? [BindAddress] : [.. Advertise.Select(IPAddress.Parse)];

    internal IEnumerable<string> Validate(string name)
    {
        if (!IPAddress.TryParse(Bind, out var bind))
        {
            yield return $"{name}.Bind: '{Bind}' is not an IP address.";
            yield break;
        }
        if (Advertise.Count == 0 && (bind.Equals(IPAddress.Any) || bind.Equals(IPAddress.IPv6Any)))
            yield return $"{name}.Advertise: '{Bind}' stands for any address; name the one(s) that peers can reach.";
        foreach (var text in Advertise)
            if (!IPAddress.TryParse(text, out var advertised))
                yield return $"{name}.Advertise: '{text}' is not an IP address.";
            else if (advertised.AddressFamily != bind.AddressFamily)
                yield return $"{name}.Advertise: '{text}' and the bound '{Bind}' are of different families.";
    }
}
