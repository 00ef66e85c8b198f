using System.Text.Json;

namespace Gateway.Calls;

/// <summary>
/// The single spelling of a closed set's members outside the code (metrics, SQL, admin API): snake case, with WhatsApp as one word:
/// <see cref="HangupCause.WhatsAppHungUp"/> is `whatsapp_hung_up`.
/// </summary>
public static class WireName
{
    public static string Of(Enum value) =>
        JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString().Replace("WhatsApp", "Whatsapp", StringComparison.Ordinal));

    /// <summary>The member with this wire name (<see cref="Of"/>).</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public static T Parse<T>(string name) where T : struct, Enum => Enum.GetValues<T>().First(member => Of(member) == name);
}
