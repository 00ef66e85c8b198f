using System.Collections.Concurrent;
using Gateway.Calls;
using Gateway.WhatsApp.Meta;
using Microsoft.Extensions.Logging;

namespace Gateway.WhatsApp.Graph;

/// <summary>The numbers whose access tokens Meta refuses, by the last answer to each. Thread-safe.</summary>
internal sealed partial class TokenHealth(TimeProvider time, ILogger logger)
{
    private readonly ConcurrentDictionary<string, string> _refused = new();
    private readonly WarningLimit _warnings = new(time);

    /// <summary>Phone number ids and Meta's error of each.</summary>
    public IReadOnlyDictionary<string, string> Refused => _refused;

    /// <param name="number">The number whose token was used.</param>
    /// <param name="error">Null: the answer was a success.</param>
    public void Learn(GraphNumber number, GraphError? error)
    {
        if (error is null)
        {
            _refused.TryRemove(number.PhoneNumberId, out _);
            return;
        }
        if (error.Code is not (
            WhatsAppErrorCodes.AuthenticationFailed or WhatsAppErrorCodes.AccessTokenExpired or WhatsAppErrorCodes.CapabilityMissing
            or WhatsAppErrorCodes.PermissionDenied or (>= 200 and <= 299)) && !error.IsNumberHidden)
            return;
        _refused[number.PhoneNumberId] = error.ToString();
        if (_warnings.TryPass(number.PhoneNumberId, out var leftOut))
            LogRefused(number.PhoneNumberId, error, leftOut);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Meta refuses the access token of channel {Channel}: {Error}. Its calls cannot be " +
        "set up: check "
        + "channels[].accessToken (expired, revoked, or from another app?) and its permissions whatsapp_business_messaging and " +
            "whatsapp_business_management; {LeftOut} more since the last line")]
    private partial void LogRefused(string channel, GraphError error, int leftOut);
}
