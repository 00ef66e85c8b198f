using System.Text.Json;

namespace Gateway.Calls;

/// <summary>
/// The single spelling of a closed set's members outside the code (metrics, SQL, admin API): snake case, with WhatsApp as one word:
/// <see cref="HangupCause.WhatsAppHungUp"/> is `whatsapp_hung_up`.
/// </summary>
public static class WireName
{
    public static string Of(Enum value) => Of(value.ToString());

    /// <summary>The spelling of a name of the code: `PricePerMinute` is `price_per_minute`.</summary>
    public static string Of(string name) =>
        JsonNamingPolicy.SnakeCaseLower.ConvertName(name.Replace("WhatsApp", "Whatsapp", StringComparison.Ordinal));

    /// <summary>The member with this wire name (<see cref="Of(Enum)"/>).</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public static T Parse<T>(string name) where T : struct, Enum => Enum.GetValues<T>().First(member => Of(member) == name);
}
