using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Sandbox.Graph;

/// <summary>
/// An error answer of the Graph API: HTTP status, code, and the title Meta gives it. <paramref name="Details"/> is Meta's
/// error_data.details.
/// </summary>
public sealed record GraphFault(int Status, int Code, string Title, string? Details = null, int? Subcode = null)
{
    public static GraphFault Invalid(string details) => new(400, 100, "Invalid parameter", details);

    public static GraphFault InvalidSdp(string details) => new(400, 138008, "SDP Validation error", details, 2593093);

    public static GraphFault NoObject(string id) => new(400, 100, $"Unsupported request. Object with ID '{id}' does not exist", null, 33);

    public static readonly GraphFault BadToken = new(401, 190, "Invalid OAuth access token");

    public static readonly GraphFault SipEnabled = new(400, 131055, "Method not allowed", "SIP is enabled for this phone number.");

    public static readonly GraphFault NotEnabled =
        new(401, 138000, "Calling API not enabled", "WhatsApp Cloud API Calling not enabled for this phone number.");

    public static readonly GraphFault Uncallable = new(400, 138001, "Receiver uncallable", "The receiver cannot receive calls.");

    public static readonly GraphFault TooManyAtOnce = new(429, 138002, "Limit reached for concurrent calls");

    public static readonly GraphFault Duplicate = new(400, 138003, "Duplicate call", "There is a call with this user already.");

    public static readonly GraphFault TooManyStarts = new(429, 138005, "Call rate limit exceeded");

    public static readonly GraphFault NoPermission = new(401, 138006, "No approved call permission from the recipient", null, 2593090);

    public static readonly GraphFault TooManyRequests = new(400, 138009, "Limit reached for call permission requests");

    public static GraphFault TooManyConnected(DateTimeOffset freeAt) =>
        new(400, 138012, "Limit reached for connected calls with this user", $"Next call allowed at {freeAt.ToUnixTimeSeconds()}");

    public static readonly GraphFault Unavailable = new(
        400, 138013, "Business initiated calling is not available", "Not offered for this business's number.");

    public static readonly GraphFault Restricted = new(400, 138014, "Calling temporarily disabled for this business");

    public static readonly GraphFault CannotEnable = new(
        400, 138015, "Cannot enable calling",
        "The messaging limit of this phone number is below 2000 business-initiated conversations in 24 hours.");

    public static readonly GraphFault PrerequisitesMissing = new(
        400, 138018, "Technical prerequisites missing",
        "No app is subscribed to the calls webhook field, and no SIP server is configured.");

    public static readonly GraphFault PermanentExists = new(
        400, 138017, "Call permission request not sent", "The user has permitted calls permanently.");

    public static readonly GraphFault NoPayment = new(400, 131044, "Business eligibility payment issue");

    public static readonly GraphFault ReadRate = new(429, 613, "Calls to this API have exceeded the rate limit");

    public static readonly GraphFault WindowClosed = new(400, 131047, "Re-engagement message");

    /// <summary>The body, in Meta's shape.</summary>
    public JsonObject ToJson()
    {
        var error = new JsonObject
        {
            ["message"] = $"(#{Code}) {Title}",
            ["type"] = "OAuthException",
            ["code"] = Code,
        };
        if (Subcode is { } subcode)
            error["error_subcode"] = subcode;
        if (Details is not null || Code >= 131000)
            error["error_data"] = new JsonObject { ["messaging_product"] = "whatsapp", ["details"] = Details ?? "" };
        error["fbtrace_id"] = "A" + RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 22);
        return new JsonObject { ["error"] = error };
    }
}
