using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Media.Protocols.Primitives;

/// <summary>
/// The single spelling of a closed set's members outside the code (metrics, logs, SQL, admin API, profiles): snake case, with WhatsApp as
/// one word: <see cref="CallLeg.WhatsApp"/> is `whatsapp`, and `WhatsAppHungUp` is `whatsapp_hung_up`.
/// </summary>
public static class WireName
{
    public static string Of<T>(T member) where T : struct, Enum =>
        Members<T>.Names.TryGetValue(member, out var name) ? name : OfName(member.ToString());

    /// <summary>The spelling of a name of the code: `PricePerMinute` is `price_per_minute`.</summary>
    public static string OfName(string name) =>
        JsonNamingPolicy.SnakeCaseLower.ConvertName(name.Replace("WhatsApp", "Whatsapp", StringComparison.Ordinal));

    /// <summary>The spellings of all members, in their order.</summary>
    public static IReadOnlyCollection<string> All<T>() where T : struct, Enum => Members<T>.ByName.Keys;

    public static bool TryParse<T>([NotNullWhen(true)] string? name, out T member) where T : struct, Enum
    {
        member = default;
        return name is not null && Members<T>.ByName.TryGetValue(name, out member);
    }

    /// <summary>The member with this spelling.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public static T Parse<T>(string name) where T : struct, Enum =>
        TryParse<T>(name, out var member) ? member : throw new InvalidOperationException($"'{name}' is no {typeof(T).Name}.");

    private static class Members<T> where T : struct, Enum
    {
        public static readonly Dictionary<T, string> Names =
            Enum.GetValues<T>().Distinct().ToDictionary(member => member, member => OfName(member.ToString()));

        public static readonly OrderedDictionary<string, T> ByName = new(Names.Select(one => KeyValuePair.Create(one.Value, one.Key)));
    }
}
