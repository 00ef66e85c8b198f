using Gateway.Calls;
using Gateway.WhatsApp.Graph;

namespace Gateway.Worker.Checks;

/// <summary>What an operator does about an error of Meta.</summary>
internal static class MetaRemedies
{
    /// <summary>OAuthException: the token is unknown, over, or revoked.</summary>
    private const int BadToken = 190;

    /// <summary>The token lacks a permission.</summary>
    private const int NoPermission = 10, NoPermissionToo = 200;

    public static string Of(GraphError error) => error.Code switch
    {
        BadToken => "make a new system user's token (whatsapp_business_messaging, whatsapp_business_management)",
        NoPermission or NoPermissionToo => "give the token whatsapp_business_messaging and whatsapp_business_management",
        _ when error.IsNumberHidden => "check phoneNumberId, and that the token's user may use the number's account",
        WhatsAppErrorCodes.Unreachable or WhatsAppErrorCodes.DeadlineExceeded =>
            "check the way to whatsApp.graph.baseUrl: DNS, proxy, firewall",
        138015 => "the account's messaging limit is below 2000 users a day: Meta raises it with use (WhatsApp Manager, Insights)",
        138018 => "subscribe the app to the account and to the webhook field calls (meta setup does it), then enable calling again",
        _ => "see the error's code in Meta's documentation of error codes",
    };
}
