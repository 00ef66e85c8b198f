using Gateway.Storage.Accounts;

namespace AdminApi.Accounts;

/// <summary>Everything about accounts and their money.</summary>
public static class AccountsSetup
{
    public static void AddAccounts(this IServiceCollection services)
    {
        services.AddSingleton<AccountStore>();
        services.AddSingleton<Ledger>();
        services.AddSingleton<HoldList>();
    }

    public static void MapAccountsAndLedger(this IEndpointRouteBuilder api)
    {
        api.MapAccounts();
        api.MapLedger();
    }
}
