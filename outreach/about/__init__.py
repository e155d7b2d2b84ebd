"""Who we are and what we keep: public pages whose texts a coordinator may change."""
