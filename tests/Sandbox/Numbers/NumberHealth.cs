using System.Text.Json.Nodes;

namespace Sandbox.Numbers;

/// <summary>The field health_status of a number ("Messaging and Calling Health Status").</summary>
internal static class NumberHealth
{
    public static JsonObject Of(BusinessNumber number)
    {
        JsonObject[] entities =
        [
            Entity("PHONE_NUMBER", number.PhoneNumberId, null),
            Entity("WABA", number.AccountId, number.PaymentMissing
                ? (141006, "There is an error with the payment method. This will block business initiated conversations.",
                    "There was an error with your payment method. Please add a new payment method to the account.")
                : null),
            Entity("APP", number.AppId, null),
        ];
        return new JsonObject
        {
            ["can_send_message"] = number.PaymentMissing ? "LIMITED" : "AVAILABLE", ["entities"] = new JsonArray([.. entities]),
        };
    }

    private static JsonObject Entity(string type, string id, (int Code, string Text, string Solution)? fault)
    {
        var entity = new JsonObject
        {
            ["entity_type"] = type, ["id"] = id, ["can_send_message"] = fault is null ? "AVAILABLE" : "LIMITED",
        };
        if (fault is var (code, text, solution))
            entity["errors"] = new JsonArray(new JsonObject
            {
                ["error_code"] = code, ["error_description"] = text, ["possible_solution"] = solution,
            });
        return entity;
    }
}
